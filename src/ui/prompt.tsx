import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Layout } from '../editor/index.js';
import { useTheme } from './theme.js';

/** The prompt with the line being edited, already broken into rows. */
export function Prompt({ layout }: { readonly layout: Layout }): ReactNode {
  const { color } = useTheme();
  return (
    <Box flexDirection="column">
      {layout.rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
        <Text key={index} wrap="truncate">
          <Text bold {...(color ? { color: 'cyan' } : {})}>
            {row.lead}
          </Text>
          {row.text}
          <Text dimColor>{row.ghost}</Text>
          {row.lead + row.text + row.ghost === '' ? ' ' : ''}
        </Text>
      ))}
    </Box>
  );
}
