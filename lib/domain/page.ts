/** One page of a server-side list. */
export interface Page<T> {
  rows: T[];
  total: number;
  page: number;
  pageSize: number;
}
