/** What carries files to the service. */

/** A file to be sent. */
export interface Outgoing {
  readonly file: File;
  readonly name: string;
  readonly tenant: string;
  /** Of an upload that was begun; undefined for a new one. */
  readonly id: string | undefined;
  /** Null where the upload was begun without it: it is told with the bytes. */
  readonly size: number | null;
}

export interface SendOptions {
  /** Told once the service knows of the upload. */
  readonly onBegun: (id: string) => void;
  /** Told what has arrived, and is durable. */
  readonly onDurable: (bytes: number) => void;
  /** Told how many bytes the network has taken. */
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** An upload that is not complete, as the service has it. */
export interface ServerUpload {
  readonly id: string;
  readonly name: string;
  readonly size: number | null;
  /** Bytes that are durable. */
  readonly offset: number;
  /** Who began it, by name. */
  readonly createdBy: string | null;
  readonly uploadExpires: string;
}

export interface UploadAddress {
  readonly id: string;
  readonly tenant: string;
}

export interface Transport {
  /**
   * Sends what the service does not have yet, once: whoever calls decides whether to try again. Resolves when the file
   * is there.
   *
   * @throws SealroomError what the service answered, `unavailable` when it did not
   * @throws UnreadableFile
   */
  send(outgoing: Outgoing, options: SendOptions): Promise<void>;
  /**
   * Gives an upload up, with all that has arrived.
   *
   * @throws SealroomError `not-found` when there is none (any more)
   */
  remove(upload: UploadAddress): Promise<void>;
  /** The uploads of a tenant that are not complete, whoever began them. */
  unfinished(tenant: string, options: { readonly signal: AbortSignal }): Promise<readonly ServerUpload[]>;
}
