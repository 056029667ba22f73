import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { JobInfo } from '../hypervisor/index.js';
import { printable } from '../shell/index.js';
import { fitText } from './fit-text.js';
import { jobText } from './job-text.js';

/** What is known of the command that runs. */
export interface Running {
  /** The last line of what it has printed, if that has no end yet. */
  readonly unfinished: string;
  /** Seconds since it began; shown when they are worth showing. */
  readonly seconds: number;
  readonly line: string;
  /** How far its job is, as far as the hypervisor tells. */
  readonly job: JobInfo | undefined;
  /** A question about it, or what is about to happen to it. */
  readonly notice: string | undefined;
}

/** Below this nobody wonders what is going on. */
const WORTH_SHOWING = 1;

const rowsOf = ({ seconds, line, job, notice }: Running, columns: number): string[] => {
  const rows: string[] = [];
  if (job) rows.push(fitText(jobText(job, columns), columns));
  if (notice !== undefined) rows.push(fitText(notice, columns));
  else if (seconds >= WORTH_SHOWING) {
    rows.push(
      fitText(`${printable(line).replaceAll('\n', ' ')} (${Math.floor(seconds)} s, Ctrl-C aborts)`, columns),
    );
  }
  return rows;
};

export const runningHeight = (running: Running, columns: number): number => rowsOf(running, columns).length;

/** The running command, where its output appears: its job, and how long it has taken. */
export function RunningCommand(props: { readonly running: Running; readonly columns: number }): ReactNode {
  return (
    <Box flexDirection="column">
      {rowsOf(props.running, props.columns).map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
        <Text key={index} wrap="truncate">
          {row}
        </Text>
      ))}
    </Box>
  );
}
