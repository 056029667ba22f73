import type { Connection, Domain, Subscription } from '../../src/hypervisor/index.js';

/** The pass after which a guest whose memory is changed all the time will not be done with copying either. */
const SECOND_PASS = 2;

/**
 * Ends a live migration that would go on for too long: the guest is suspended, or goes on at the destination
 * before all of its memory is there (post-copy). It works through connections of its own, since the migration
 * holds the command's; what fails there is left to the migration itself.
 */
export class Escalation {
  readonly #connection: Connection;
  readonly #uuid: string;
  #timer: NodeJS.Timeout | undefined;
  #subscription: Subscription | undefined;
  #acting: Promise<void> = Promise.resolve();

  constructor(connection: Connection, domain: Domain) {
    this.#connection = connection;
    this.#uuid = domain.uuid;
  }

  /** @param ms when. @param postCopy rather than suspending. */
  after(ms: number, postCopy: boolean): void {
    this.#timer = setTimeout(() => {
      this.#act((domain) => (postCopy ? domain.migrateStartPostCopy() : domain.suspend()));
    }, ms);
  }

  /** Goes over to post-copy once all memory was copied once. */
  async afterFirstPass(): Promise<void> {
    this.#subscription = await this.#connection.watchDomainEvents(
      ['migration-iteration'],
      (event) => {
        if (event.event !== 'migration-iteration' || event.iteration !== SECOND_PASS) return;
        this.#act((domain) => domain.migrateStartPostCopy());
      },
      this.#uuid,
    );
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#subscription?.close();
    await this.#acting;
  }

  #act(step: (domain: Domain) => Promise<void>): void {
    this.#acting = this.#acting
      .then(async () => {
        const connection = await this.#connection.secondary();
        try {
          await step(await connection.domainLookupByUUIDString(this.#uuid));
        } finally {
          await connection.close();
        }
      })
      .catch(() => undefined);
  }
}
