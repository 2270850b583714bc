/** What a put keeps beside the body. */
export interface PutMeta {
  contentType?: string;
  headers?: Record<string, string>;
  /** Checksum algorithm → base64 value. */
  checksums?: Record<string, string>;
}
