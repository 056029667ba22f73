// The thread of heartbeat.mjs. Keeps when each beat came, for some minutes, and answers questions once it can.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { milliseconds } from './clock.mjs';

const KEPT = 600_000;
const beats = [];
let questions = [];

listen();
parentPort.on('message', (question) => {
  questions.push(question);
  answer();
});

/** QEMU may not be there yet, and goes when another one takes its place: ask again and again. */
function listen() {
  const socket = connect(workerData.socket);
  socket.on('data', () => {
    beats.push(milliseconds());
    if (beats.length > KEPT) beats.splice(0, KEPT / 2);
    if (questions.length > 0) answer();
  });
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(listen, 2));
}

function answer() {
  questions = questions.filter(({ id, from, to, after }) => {
    const end = beats.findLastIndex((beat) => beat <= (to ?? after)) + 1;
    // Not before there has been a beat after it.
    if (end === beats.length) return true;
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
