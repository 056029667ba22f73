import { describe, expect, test } from '@jest/globals';
import { parseArgv } from '../../../src/snapshot/argv-words.js';
import { monitorPaths } from '../../../src/snapshot/first-monitor.js';

const paths = (...words: string[]): string[] => monitorPaths(parseArgv(words));

describe('the monitors of a command line', () => {
  test('in short, as character devices, and not other sockets', () => {
    expect(
      paths(
        ...['-chardev', 'socket,id=ga,path=/run/ga,server=on'],
        ...['-monitor', 'unix:/run/hmp,server'],
        ...['-mon', 'chardev=c2,mode=control'],
        ...['-qmp', 'unix:/run/a,,b.qmp,server=on,wait=off'],
        ...['-chardev', 'socket,id=c2,path=/run/two,server=on'],
        ...['-qmp-pretty', 'unix:relative,server'],
        ...['-qmp', 'tcp:localhost:4444,server'],
        ...['-mon', 'c2'],
        ...['-mon', 'ga,mode=readline'],
        ...['--qmp', 'chardev:c3'],
        ...['-chardev', 'socket,path=/run/three,id=c3'],
      ),
    ).toEqual(['/run/two', '/run/a,b.qmp', 'relative', '/run/three']);
  });

  test('none', () => {
    expect(paths('-readconfig', '/etc/vm.cfg', '-nographic')).toEqual([]);
  });
});
