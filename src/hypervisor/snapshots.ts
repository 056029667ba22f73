/** What can be asked of a driver that takes snapshots itself; libvirt's own driver doesn't look at it. */
export interface SnapshotCreateOptions {
  /** How to take memory: `background`, `precopy` or `stopped`; undefined leaves it to the driver. */
  readonly method?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told a few times a second while memory is taken; bytes. */
  readonly onProgress?: (progress: {
    transferred: number;
    remaining: number;
    total: number;
    milliseconds: number;
  }) => void;
}

/** What a snapshot cost, where the driver measures it. */
export interface SnapshotFacts {
  /** How memory was taken (`none` for disks alone, `internal` into the image), and why so. */
  readonly method: string;
  readonly reason: string;
  /** How long the guest stood still; null if it did not run. */
  readonly pauseMilliseconds: number | null;
  readonly memoryBytes: number;
  readonly passes: number;
  readonly milliseconds: number;
}

/** What can be asked of a driver that goes back to snapshots itself; libvirt's own driver doesn't look at it. */
export interface SnapshotRevertOptions {
  /** Name of a snapshot to be taken of the present state first. */
  readonly keep?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told while memory is loaded; bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of what is not as it was before. */
  readonly onNotice?: (text: string) => void;
}

/** How a guest is put back by starting it anew: its command lines, each with the program, and its disks. */
export interface SnapshotRevertPlan {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly memoryFile: string | null;
  readonly disks: readonly { readonly disk: string; readonly frozen: string; readonly overlay: string }[];
  /** Images that are removed afterwards, and what is in them with them. */
  readonly discard: readonly string[];
  /** Options whose ports the new one opens when the old one has ended. */
  readonly later: readonly string[];
  /** What will not be as it was, for people. */
  readonly lost: readonly string[];
}

/** What can be asked of a driver that merges images itself; libvirt's own driver doesn't look at it. */
export interface SnapshotDeleteOptions {
  /** Bytes a second for each image; undefined or 0 for as many as possible. */
  readonly bandwidth?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told a few times a second while images are merged; bytes. */
  readonly onProgress?:
    | ((progress: { transferred: number; remaining: number; total: number; milliseconds: number }) => void)
    | undefined;
  /** Told of files that stay though nobody needs them for themselves. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** What a deletion would do. */
export interface SnapshotDeletePlan {
  /** Those that go, children before parents. */
  readonly snapshots: readonly string[];
  /** Images that become one: the contents of `from` (top first) go into `into`. Bytes are about what is copied. */
  readonly merges: readonly {
    readonly method: 'commit' | 'stream';
    readonly disk: string;
    readonly from: readonly string[];
    readonly into: string;
    readonly bytes: number;
  }[];
  readonly remove: readonly { readonly file: string; readonly bytes: number }[];
  /** Images that nobody needs for themselves but that stay, and why. */
  readonly kept: readonly { readonly file: string; readonly reason: string }[];
  readonly bytes: number;
}

/** A snapshot libvirt (or a driver of ours) keeps metadata of. */
export interface Snapshot {
  readonly name: string;
  readonly domainName: string;
  /** Of a snapshot just taken, what it cost. */
  readonly taken?: SnapshotFacts | undefined;
  getXMLDesc(flags?: number): Promise<string>;
  /** @throws HypervisorError VIR_ERR_NO_DOMAIN_SNAPSHOT for a root. */
  getParent(flags?: number): Promise<Snapshot>;
  numChildren(flags?: number): Promise<number>;
  listChildrenNames(flags?: number): Promise<string[]>;
  listAllChildren(flags?: number): Promise<Snapshot[]>;
  isCurrent(flags?: number): Promise<boolean>;
  hasMetadata(flags?: number): Promise<boolean>;
  /** virDomainRevertToSnapshot. */
  revert(flags?: number, options?: SnapshotRevertOptions): Promise<void>;
  /** What a revert would do, where the driver starts a new QEMU for it. Nothing is touched. */
  planRevert?(flags?: number): Promise<SnapshotRevertPlan>;
  /** virDomainSnapshotDelete. */
  delete(flags?: number, options?: SnapshotDeleteOptions): Promise<void>;
  /** What a deletion would do, where the driver merges images itself. Nothing is touched. */
  planDelete?(flags?: number): Promise<SnapshotDeletePlan>;
  free(): Promise<void>;
}

/** A checkpoint: a named point since which a disk's changes are tracked. */
export interface Checkpoint {
  readonly name: string;
  readonly domainName: string;
  getXMLDesc(flags?: number): Promise<string>;
  /** @throws HypervisorError VIR_ERR_NO_DOMAIN_CHECKPOINT for a root. */
  getParent(flags?: number): Promise<Checkpoint>;
  listAllChildren(flags?: number): Promise<Checkpoint[]>;
  delete(flags?: number): Promise<void>;
  free(): Promise<void>;
}

/** The snapshots and checkpoints of a domain. */
export interface DomainSnapshots {
  snapshotCreateXML(xml: string, flags?: number, options?: SnapshotCreateOptions): Promise<Snapshot>;
  snapshotLookupByName(name: string, flags?: number): Promise<Snapshot>;
  /** @throws HypervisorError VIR_ERR_NO_DOMAIN_SNAPSHOT if there is no current one. */
  snapshotCurrent(flags?: number): Promise<Snapshot>;
  hasCurrentSnapshot(flags?: number): Promise<boolean>;
  snapshotNum(flags?: number): Promise<number>;
  snapshotListNames(flags?: number): Promise<string[]>;
  listAllSnapshots(flags?: number): Promise<Snapshot[]>;
  checkpointCreateXML(xml: string, flags?: number): Promise<Checkpoint>;
  checkpointLookupByName(name: string, flags?: number): Promise<Checkpoint>;
  listAllCheckpoints(flags?: number): Promise<Checkpoint[]>;
}
