/** An error as AWS KMS answers it. */
export class KmsError extends Error {
  /** Such as `NotFoundException`. */
  readonly type: string;
  readonly status: number;

  constructor(type: string, message = '', status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}
