// api: asks the daemon, and turns its problem documents (RFC 9457) into errors.

export const BASE = '/api/v1';

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the daemon answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    /** [{parameter, value, detail}], one for each bad parameter. */
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
  }
}

/** The address of a question; empty values are left out. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== '' && value !== null && value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return BASE + path + (text ? `?${text}` : '');
}

async function failure(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    problem = { title: `The daemon answered ${response.status} ${response.statusText}.` };
  }
  return new ApiError(response.status, problem);
}

export async function request(method, path, parameters, signal) {
  let response;
  try {
    response = await fetch(address(path, parameters), {
      method,
      signal,
      headers: { Accept: 'application/json, application/problem+json' },
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, { title: 'The daemon does not answer. Is it running?' });
  }
  if (!response.ok) throw await failure(response);
  const text = await response.text();
  return text ? JSON.parse(text) : {};
}

export const get = (path, parameters, signal) => request('GET', path, parameters, signal);
export const post = (path) => request('POST', path);
export const remove = (path) => request('DELETE', path);
