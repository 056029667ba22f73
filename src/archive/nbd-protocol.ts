/*
 * The numbers of the NBD protocol, as its specification gives them:
 * https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md. All integers are big-endian.
 */

/** `NBDMAGIC`, the first bytes that a server says. */
export const NBD_MAGIC = 0x4e42444d41474943n;
/** `IHAVEOPT`, before the flags of a server and before every option of a client. */
export const OPTION_MAGIC = 0x49484156454f5054n;
export const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
export const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;

export const FLAG_FIXED_NEWSTYLE = 1 << 0;
export const FLAG_NO_ZEROES = 1 << 1;

export const OPT_EXPORT_NAME = 1;
export const OPT_ABORT = 2;
export const OPT_LIST = 3;
export const OPT_INFO = 6;
export const OPT_GO = 7;
export const OPT_STRUCTURED_REPLY = 8;
export const OPT_LIST_META_CONTEXT = 9;
export const OPT_SET_META_CONTEXT = 10;

export const REP_ACK = 1;
export const REP_SERVER = 2;
export const REP_INFO = 3;
export const REP_META_CONTEXT = 4;
const ERROR_BIT = 0x80000000;
export const REP_ERR_UNSUP = ERROR_BIT + 1;
export const REP_ERR_POLICY = ERROR_BIT + 2;
export const REP_ERR_INVALID = ERROR_BIT + 3;
export const REP_ERR_UNKNOWN = ERROR_BIT + 6;
export const REP_ERR_TOO_BIG = ERROR_BIT + 9;

export const INFO_EXPORT = 0;
export const INFO_BLOCK_SIZE = 3;

export const EXPORT_HAS_FLAGS = 1 << 0;
export const EXPORT_READ_ONLY = 1 << 1;
export const EXPORT_SEND_FLUSH = 1 << 2;
export const EXPORT_SEND_DF = 1 << 7;
export const EXPORT_CAN_MULTI_CONN = 1 << 8;

export const CMD_READ = 0;
export const CMD_WRITE = 1;
export const CMD_DISC = 2;
export const CMD_FLUSH = 3;
export const CMD_BLOCK_STATUS = 7;

export const CMD_FLAG_REQ_ONE = 1 << 3;

export const REPLY_FLAG_DONE = 1 << 0;
export const REPLY_NONE = 0;
export const REPLY_OFFSET_DATA = 1;
export const REPLY_OFFSET_HOLE = 2;
export const REPLY_BLOCK_STATUS = 5;
const REPLY_ERROR_BIT = 1 << 15;
export const REPLY_ERROR = REPLY_ERROR_BIT + 1;
export const isErrorReply = (type: number): boolean => (type & REPLY_ERROR_BIT) !== 0;

/** Context of block status that every server has: where there is data, and where there are zeroes. */
export const BASE_ALLOCATION = 'base:allocation';
export const STATE_HOLE = 1 << 0;
export const STATE_ZERO = 1 << 1;

export const EPERM = 1;
export const EIO = 5;
export const EINVAL = 22;
export const ENOTSUP = 95;
export const ESHUTDOWN = 108;

/** Longest name or description that the protocol allows, in bytes. */
export const MAX_STRING = 4096;
/** What every server takes in one read. */
export const MAX_READ = 32 * 1024 * 1024;

const words: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  5: 'Input/output error',
  12: 'Cannot allocate memory',
  22: 'Invalid argument',
  28: 'No space left on device',
  75: 'Value too large for defined data type',
  95: 'Operation not supported',
  108: 'The server is shutting down',
};

/** An error number of the protocol in words. */
export const nbdErrorWords = (code: number): string => words[code] ?? `error ${code}`;

/** A part of an export in which all bytes are of one kind. */
export interface NbdExtent {
  readonly length: number;
  /** Reads as zeroes. */
  readonly zero: boolean;
}
