// running: a question on its way - progress when it takes long, and a way to stop it.

import { get, remove, ApiError } from './api.js';

const QUIET = 350; // ms before progress shows: quick answers do not flicker
const EVERY = 300;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `web-${[...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
}

export class Cancelled extends Error {}

/**
 * Ask for path; onProgress({progress, flows_scanned, flows_total, elapsed_ms}) is called while it
 * runs. Gives {answer: promise, cancel()}; a cancelled question rejects with Cancelled.
 */
export function run(path, parameters, onProgress) {
  const id = newId();
  const aborter = new AbortController();
  const started = performance.now();
  let over = false;
  let timer = null;

  async function poll() {
    if (over) return;
    const elapsed_ms = performance.now() - started;
    try {
      const info = await get(`/queries/${id}`, {}, aborter.signal);
      if (!over) onProgress({ ...info, elapsed_ms });
    } catch {
      if (!over) onProgress({ progress: null, elapsed_ms }); // waits for its turn, or just ended
    }
    if (!over) timer = setTimeout(poll, EVERY);
  }

  function finish() {
    over = true;
    clearTimeout(timer);
  }

  function cancel() {
    if (over) return;
    finish();
    remove(`/queries/${id}`).catch(() => {}); // it may have ended by itself meanwhile
    aborter.abort();
  }

  timer = setTimeout(poll, QUIET);
  const answer = get(path, { ...parameters, query_id: id }, aborter.signal)
    .catch((error) => {
      if (error.name === 'AbortError') throw new Cancelled();
      throw error instanceof ApiError ? error : new ApiError(0, { title: String(error.message) });
    })
    .finally(finish);
  return { answer, cancel };
}
