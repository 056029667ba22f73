export { Arguments } from './arguments.js';
export { camelCase } from './camel-case.js';
export {
  type CommandSpec,
  type CompleterName,
  defineCommand,
  exclusive,
  type GroupKeyword,
  type OptionName,
  type OptionRule,
  type OptionSpec,
  requires,
} from './command.js';
export type { Context } from './context.js';
export { cpuInMap, cpuRanges, cpusOfMap } from './cpu-map.js';
export { type DispatchOptions, dispatch, type Outcome } from './dispatch.js';
export { domainDescription } from './domain-description.js';
export { domainDocument } from './domain-document.js';
export { type JobOptions, type JobResult, runDomainJob } from './domain-job.js';
export { type DomainKey, domainOf, domainOption, findDomain } from './domain-option.js';
export { editXml, type XmlEdit } from './edit-xml.js';
export { elementText } from './element-text.js';
export { CommandError, errorLines, InterruptedError, orFail, SilentFailure } from './errors.js';
export { fixedDecimals } from './fixed-decimals.js';
export {
  commandHelp,
  documentedOptions,
  extraOptions,
  groupHelp,
  optionForm,
  overview,
  synopsis,
} from './help.js';
export { JobProgress } from './job-progress.js';
export { type JsonShape, shapeErrors, toJson } from './json-shape.js';
export { formatJsonText, type JsonText, JsonTextError, parseJsonText, plainJson } from './json-text.js';
export { localTime } from './local-time.js';
export { parseScaled, parseWhole } from './numbers.js';
export { type Display, Output, type Streams } from './output.js';
export { type PrettyCapacity, prettyCapacity } from './pretty-capacity.js';
export { printable, printableLine } from './printable.js';
export { askChoice } from './question.js';
export { type RawTerminal, withRawTerminal } from './raw-terminal.js';
export { readBinaryFile, readTextFile } from './read-file.js';
export { type CommandGroup, missingLine, Registry, type RegistryEntry } from './registry.js';
export type {
  Screen,
  SnapshotTreeAction,
  SnapshotTreeEntry,
  SnapshotTreeProps,
  SnapshotTreeResult,
  StatusMode,
  ViewName,
  ViewProps,
  ViewResult,
  Views,
} from './screen.js';
export { type ConnectOptions, type Opener, Session, type SessionEvent } from './session.js';
export { shellQuote } from './shell-quote.js';
export { orFileError, systemErrorText } from './system-error.js';
export { formatTable } from './table.js';
export { lendTerminal, type TerminalInput } from './terminal-loan.js';
export { withEditedText } from './text-editor.js';
export { formatTree, type TreeNode } from './tree.js';
export { typedValueText } from './typed-value.js';
export { attributeAt, elementsAt, parseXml, textAt, XmlProblem } from './xml-elements.js';
export { validateOption, xmlFileOption } from './xml-options.js';
export { printXml, type XmlOutputOptions, xmlJson } from './xml-output.js';
