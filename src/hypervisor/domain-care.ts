/** An image in a disk's chain. */
export interface NamedImage {
  /** A path; otherwise what the hypervisor calls it, such as nbd://… */
  readonly file: string;
  readonly format: string;
}

/** What a driver that talks to QEMU itself can tell of a guest for the care of its images. */
export interface DomainCareFacts {
  /** Where snapctl keeps what it knows of the guest. */
  readonly stateFolder: string;
  readonly qemuVersion: { readonly major: number; readonly minor: number; readonly micro: number };
  /** Null where it can't be told. */
  readonly process: { readonly pid: number; readonly uid: number; readonly gid: number } | null;
  /** The port for a guest agent: there is none, nothing in the guest has it open, or something has. */
  readonly agent: 'none' | 'silent' | 'open';
  /** The images that QEMU has open for each disk with a medium, top first. */
  readonly disks: readonly {
    readonly target: string;
    readonly readonly: boolean;
    readonly images: readonly NamedImage[];
  }[];
}

/** The care of a domain's images, beyond what libvirt has functions for. */
export interface DomainCare {
  /** Only where the driver talks to QEMU itself (Connection.ownEngine). */
  getCareFacts?(): Promise<DomainCareFacts>;
}
