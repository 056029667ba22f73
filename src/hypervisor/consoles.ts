import type { Duplex } from 'node:stream';
import type { Domain } from './domain.js';

/** The guest's side of a serial line, from here. */
export interface Consoles {
  /**
   * Attaches to a character device of a domain that runs. Only on a connection in mode `lanes`.
   * @param device its alias; null for the domain's first console.
   * @param flags VIR_DOMAIN_CONSOLE_*.
   * @returns gives what the guest prints and takes what is typed. It ends with the guest, and fails when it is lost
   *   otherwise. Destroy it to detach.
   */
  domainOpenConsole(domain: Domain, device: string | null, flags?: number): Promise<Duplex>;
}
