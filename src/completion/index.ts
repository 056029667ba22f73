export type { Candidate } from './candidate.js';
export {
  type CompletionOptions,
  completeLine,
  completeWords,
  type LineCandidate,
  type LineCompletion,
} from './engine.js';
export { virshCandidates } from './virsh.js';
