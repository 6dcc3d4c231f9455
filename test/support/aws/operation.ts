import type { IncomingMessage } from 'node:http';

/** What a request to a server of AWS's protocols asks for, such as `UploadPart` or `PutItem`. */
export function operationOf({ method = '', url = '', headers }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const { pathname, searchParams } = new URL(url, 'http://server');
  const [, rpc] = /\/operation\/(\w+)$/.exec(pathname) ?? [];
  // The SDK itself says it for many operations of S3.
  return rpc ?? searchParams.get('x-id') ?? s3Operation(method, pathname, searchParams);
}

/** @param path with the bucket in it, the path style */
function s3Operation(method: string, path: string, query: URLSearchParams): string {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : method;
  const table = key === '' ? BUCKET : OBJECT;
  const parameter = Object.keys(table).find((name) => query.has(name)) ?? '';
  return table[parameter]?.[method] ?? method;
}

type Operations = Readonly<Record<string, Readonly<Record<string, string>>>>;

const verbs = (noun: string): Readonly<Record<string, string>> => ({
  GET: `Get${noun}`,
  PUT: `Put${noun}`,
  DELETE: `Delete${noun}`,
});

/** Parameter of the query -> method -> operation. */
const OBJECT: Operations = {
  partNumber: { PUT: 'UploadPart' },
  uploadId: { POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload', GET: 'ListParts' },
  uploads: { POST: 'CreateMultipartUpload' },
  '': { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' },
};

const BUCKET: Operations = {
  uploads: { GET: 'ListMultipartUploads' },
  versions: { GET: 'ListObjectVersions' },
  'list-type': { GET: 'ListObjectsV2' },
  delete: { POST: 'DeleteObjects' },
  policy: verbs('BucketPolicy'),
  policyStatus: { GET: 'GetBucketPolicyStatus' },
  versioning: verbs('BucketVersioning'),
  lifecycle: { ...verbs('BucketLifecycleConfiguration'), DELETE: 'DeleteBucketLifecycle' },
  encryption: verbs('BucketEncryption'),
  publicAccessBlock: verbs('PublicAccessBlock'),
  ownershipControls: verbs('BucketOwnershipControls'),
  location: verbs('BucketLocation'),
  tagging: verbs('BucketTagging'),
  acl: verbs('BucketAcl'),
  '': { GET: 'ListObjects', HEAD: 'HeadBucket', PUT: 'CreateBucket', DELETE: 'DeleteBucket' },
};
