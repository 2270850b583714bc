'use client';

/** The last resort, where not even the frame could be shown: no part of ours is used. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body style={{ font: '14px/1.5 system-ui, sans-serif', margin: '15vh auto', maxWidth: 480, padding: 16 }}>
        <title>Something went wrong · Starmap</title>
        <h1 style={{ fontSize: 20 }}>Starmap could not show this page</h1>
        <p>
          What was running goes on: runs and results are not touched. Try again; if it stays, restart Starmap with npm
          start.
        </p>
        {error.digest && <p>Reference: {error.digest}</p>}
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
