// daemon: sample flows, and the real flowviewerd serving them on a free port.

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function makeFlows(directory) {
  execFileSync(
    process.env.FLOWGEN,
    ['--out', directory, '--flows', '60000', '--days', '1', '--end', 'now', '--devices', 'core_1,edge_2'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

/** A file that is no flow file, for the list of failed ones. */
function breakOne(directory) {
  writeFileSync(path.join(directory, 'core_1', 'ft-v05.2026-01-01.000000+0000'), 'this is not a flow file\n');
}

function config(directory) {
  const file = path.join(directory, 'flowviewerd.conf');
  writeFileSync(
    file,
    `listen on 127.0.0.1 port 0
data-directory "${directory}/data"
device core_1 directory "${directory}/flows/core_1"
device edge_2 directory "${directory}/flows/edge_2"
time-zone "Europe/Prague"
`,
  );
  return file;
}

/** The address in the line that says it serves. */
function ready(child, log) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`flowviewerd is not ready:\n${log.join('')}`)), 30000);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (piece) => {
      log.push(piece);
      text += piece;
      const found = /ready (http:\/\/\S+?)\/?\s/.exec(text);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`flowviewerd ended with ${code}:\n${log.join('')}`)));
  });
}

async function ingested(url) {
  for (let i = 0; i < 600; i += 1) {
    const { ingest } = await (await fetch(`${url}/api/v1/status`)).json();
    if (ingest.queue === 0 && ingest.idle) return;
    await pause(50);
  }
  throw new Error('ingest does not come to an end');
}

/** {url, directory, stop()}. FLOWVIEWER_URL names a server that runs already. */
export async function startDaemon() {
  if (process.env.FLOWVIEWER_URL) return { url: process.env.FLOWVIEWER_URL, stop: async () => {} };
  const directory = mkdtempSync(path.join(tmpdir(), 'flowviewer-browser-'));
  const log = [];
  mkdirSync(path.join(directory, 'data'));
  mkdirSync(path.join(directory, 'flows'));
  makeFlows(path.join(directory, 'flows'));
  breakOne(path.join(directory, 'flows'));
  const child = spawn(process.env.FLOWVIEWERD, ['-d', '-f', config(directory)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  async function stop() {
    child.kill('SIGTERM');
    await gone;
    rmSync(directory, { recursive: true, force: true });
  }
  try {
    const url = await ready(child, log);
    await ingested(url);
    return { url, directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
