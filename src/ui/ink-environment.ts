/**
 * Loads something that loads Ink, for a terminal that somebody sits at. Ink and the colours it uses look at the
 * environment when they are loaded: in a CI job they would paint nothing until the end, and with --no-color on the
 * line, not even dim or bold.
 */
export async function withInkEnvironment<T>(color: boolean, load: () => Promise<T>): Promise<T> {
  const before = new Map<string, string | undefined>();
  const set = (name: string, value: string | undefined): void => {
    before.set(name, process.env[name]);
    put(name, value);
  };
  for (const name of ['CI', 'CONTINUOUS_INTEGRATION'])
    if (process.env[name] !== undefined) set(name, 'false');
  if (!color) {
    set('FORCE_COLOR', '1');
    // With both, whoever asks Node what the terminal can do makes it write a warning there.
    set('NO_COLOR', undefined);
  }
  try {
    return await load();
  } finally {
    for (const [name, value] of before) put(name, value);
  }
}

function put(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
