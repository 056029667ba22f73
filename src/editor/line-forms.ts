/** What a line of the interactive shell may be besides commands of the grammar; `help keys` and the manual print it. */
export const lineForms: readonly { readonly form: string; readonly help: string }[] = [
  {
    form: 'command | program',
    help: "output to a program of the system's shell",
  },
  { form: 'command |', help: 'output through $PAGER (less)' },
  { form: 'command > file', help: 'output into a file, in place of what it held' },
  { form: 'command >> file', help: 'output to the end of a file' },
  { form: '!program', help: "run a program of the system's shell" },
];
