import type { Stream } from './stream.js';
import type { TypedParameter } from './typed-parameter.js';

/** What can be asked of a driver that saves memory itself; libvirt's own driver doesn't look at it. */
export interface MemorySaveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told a few times a second; bytes. */
  readonly onProgress?: ((progress: { dataTotal: bigint; dataRemaining: bigint }) => void) | undefined;
}

/** Writing a domain's memory (or its screen) out, and starting again from it. */
export interface DomainMemorySave {
  save(to: string): Promise<void>;
  saveFlags(to: string, xml: string | null, flags?: number, options?: MemorySaveOptions): Promise<void>;
  saveParams(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  managedSave(flags?: number): Promise<void>;
  managedSaveRemove(flags?: number): Promise<void>;
  managedSaveGetXMLDesc(flags?: number): Promise<string>;
  managedSaveDefineXML(xml: string, flags?: number): Promise<void>;
  hasManagedSaveImage(flags?: number): Promise<boolean>;
  coreDump(to: string, flags?: number): Promise<void>;
  /** @param format VIR_DOMAIN_CORE_DUMP_FORMAT_*. */
  coreDumpWithFormat(to: string, format: number, flags?: number): Promise<void>;
  /** Starts a screenshot that is then read from `stream`. @returns its MIME type. */
  screenshot(stream: Stream, screen: number, flags?: number): Promise<string>;
}
