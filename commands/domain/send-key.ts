import {
  VIR_DOMAIN_SEND_KEY_MAX_KEYS,
  VIR_KEYCODE_SET_ATSET1,
  VIR_KEYCODE_SET_ATSET2,
  VIR_KEYCODE_SET_ATSET3,
  VIR_KEYCODE_SET_LINUX,
  VIR_KEYCODE_SET_OSX,
  VIR_KEYCODE_SET_QNUM,
  VIR_KEYCODE_SET_USB,
  VIR_KEYCODE_SET_WIN32,
  VIR_KEYCODE_SET_XT,
  VIR_KEYCODE_SET_XT_KBD,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { keyNames } from './key-names.js';

const codesets = new Map([
  ['linux', VIR_KEYCODE_SET_LINUX],
  ['xt', VIR_KEYCODE_SET_XT],
  ['atset1', VIR_KEYCODE_SET_ATSET1],
  ['atset2', VIR_KEYCODE_SET_ATSET2],
  ['atset3', VIR_KEYCODE_SET_ATSET3],
  ['os_x', VIR_KEYCODE_SET_OSX],
  ['xt_kbd', VIR_KEYCODE_SET_XT_KBD],
  ['usb', VIR_KEYCODE_SET_USB],
  ['win32', VIR_KEYCODE_SET_WIN32],
  ['qnum', VIR_KEYCODE_SET_QNUM],
]);

/** What qnum was called first. */
const QNUM_ALIAS = 'rfb';
const KEY_MAX = 0xffff;

export default defineCommand({
  name: 'send-key',
  group: 'domain',
  summary: 'Send keycodes to the guest',
  description: 'Send keycodes (integers or symbolic names) to the guest',
  manual: [
    "Presses up to 16 keys of the guest's keyboard together and lets them go: `send-key guest KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE`. Keys are numbers (decimal, or hexadecimal after 0x, or octal after 0) of the --codeset, or names in the codesets that have names: linux (KEY_A, the default), os_x (ANSI_A) and win32 (VK_A). --holdtime says how many milliseconds they are held.",
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'codeset',
      type: 'string',
      positional: false,
      values: [...codesets.keys()],
      help: 'the codeset of keycodes, default:linux',
    },
    {
      name: 'holdtime',
      type: 'int',
      positional: false,
      help: 'the time (in milliseconds) how long the keys will be held',
    },
    {
      name: 'keycode',
      type: 'argv',
      required: true,
      emptyOk: true,
      values: [...keyNames('linux').keys()],
      help: 'the key code',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const asked = args.raw('codeset') || 'linux';
    const holdtime = args.uint('holdtime') ?? 0;
    const name = asked === QNUM_ALIAS ? 'qnum' : asked;
    const codeset = codesets.get(name);
    if (codeset === undefined) throw new CommandError(`unknown codeset: '${name}'`);
    const names = keyNames(name);
    const keycodes: number[] = [];
    for (const key of args.list('keycode')) {
      if (keycodes.length === VIR_DOMAIN_SEND_KEY_MAX_KEYS) throw new CommandError('too many keycodes');
      const keycode = keyNumber(key) ?? names.get(key);
      if (keycode === undefined) throw new CommandError(`invalid keycode: '${key}'`);
      keycodes.push(keycode);
    }
    await domain.sendKey(codeset, holdtime, keycodes);
  },
});

/** A number as C's strtoul reads one in base 0. */
function keyNumber(text: string): number | undefined {
  const match = /^[ \t\n\v\f\r]*\+?(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  const digits = match?.[1];
  if (digits === undefined) return undefined;
  const number = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return number <= KEY_MAX ? number : undefined;
}
