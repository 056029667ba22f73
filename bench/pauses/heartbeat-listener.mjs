// The thread of heartbeat.mjs. Keeps when each beat came, for some minutes, and answers questions once it can.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { milliseconds } from './clock.mjs';

const KEPT = 600_000;
const beats = [];
/** When the present connection was made: a new one, if QEMU has been replaced. */
let connectedAt = 0;
let questions = [];

listen();
parentPort.on('message', (question) => {
  questions.push(question);
  answer();
});

/** QEMU may not be there yet, and goes when another one takes its place: ask again and again. */
function listen() {
  const socket = connect(workerData.socket);
  socket.on('connect', () => {
    connectedAt = milliseconds();
  });
  socket.on('data', () => {
    beats.push(milliseconds());
    if (beats.length > KEPT) beats.splice(0, KEPT / 2);
    if (questions.length > 0) answer();
  });
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(listen, 2));
}

function answer() {
  questions = questions.filter(({ id, from, to, after, reconnected }) => {
    const instant = reconnected === undefined ? (to ?? after) : Math.max(connectedAt, reconnected);
    const end = beats.findLastIndex((beat) => beat <= instant) + 1;
    // Not before there has been a beat after it.
    if (end === beats.length || connectedAt < reconnected) return true;
    let value = beats[end];
    if (from !== undefined) {
      value = [0, 0];
      for (let index = end; index > 0 && beats[index] >= from; index--) {
        if (beats[index] - beats[index - 1] > value[1] - value[0]) value = [beats[index - 1], beats[index]];
      }
    }
    parentPort.postMessage({ id, value });
    return false;
  });
}
