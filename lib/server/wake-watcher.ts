/** The watcher of this process, as far as others need it. Next loads modules more than once, hence the global. */
export const watcherOfProcess = globalThis as typeof globalThis & {
  __starmapWatcher?: { wake(): void; stop(): Promise<void>; readonly problem: string | null };
};

/** Tells the watcher of this process, if any, that there is something to do. */
export function wakeWatcher(): void {
  watcherOfProcess.__starmapWatcher?.wake();
}
