/** A client of the QEMU guest agent on its own socket. */
export {
  AgentCommandFailure,
  AgentError,
  AgentNonsense,
  AgentTimeout,
  AgentUnreachable,
  AlreadyFrozen,
  FreezeUnconfirmed,
} from './errors.js';
export { type AgentPort, findAgentPort, socketPath } from './find-socket.js';
export { GuestAgent, type GuestAgentInfo, type GuestFileSystem } from './guest-agent.js';
export { thawWhenAnswered } from './thaw-when-answered.js';
