/*
 * Jest starts the largest files first where it has not measured how long they take, and a checkout that is tested for
 * the first time has measured nothing. Here size says little, and what starts last keeps one worker busy alone. These
 * take ten seconds and more, the longest first; the order matters, and not how exact it is. All others follow, jest's
 * way.
 */
const longest = [
  'test/live/snapshot-delete.test.ts',
  'test/live/drills.test.ts',
  'test/live/snapshot-revert.test.ts',
  'test/live/save-restore.test.ts',
  'test/golden/embed.test.ts',
  'test/live/snapshot-engine.test.ts',
  'test/live/qmp-block-jobs.test.ts',
  'test/live/qmp-driver-snapshots.test.ts',
  'test/live/archive-memory.test.ts',
  'test/live/archive-libvirt.test.ts',
  'test/live/archive.test.ts',
  'test/pty/status-pane.test.ts',
  'test/pty/prompt.test.ts',
  'test/live/qmp-driver.test.ts',
  'test/live/snapshot.test.ts',
  'test/pty/console.test.ts',
  'test/live/qmp-devices.test.ts',
  'test/live/snapshot-busy-memory.test.ts',
  'test/live/guest.test.ts',
  'test/live/snapshot-embed.test.ts',
  'test/live/snapshot-failures.test.ts',
  'test/live/qmp-driver-shared.test.ts',
  'test/live/qmp-verbs.test.ts',
  'test/live/care.test.ts',
  'test/live/qmp-checkpoint-backup.test.ts',
  'test/live/snapshot-interrupt.test.ts',
  'test/live/qmp-save.test.ts',
  'test/live/demo.test.ts',
  'test/live/one-instant.test.ts',
  'test/live/qmp-driver-folder.test.ts',
  'test/live/qmp-driver-events.test.ts',
  'test/golden/snapshot-edit.test.ts',
  'test/live/qmp-driver-user.test.ts',
  'test/live/qmp-driver-vhost-user.test.ts',
  'test/golden/edit.test.ts',
  'test/live/qmp-domain.test.ts',
  'test/live/qmp-agent.test.ts',
  'test/live/embed-root.test.ts',
  'test/contract/embedded.test.ts',
  'test/live/qmp.test.ts',
];

/** For jest's --testSequencer; it can neither split the tests into shards nor pick those that failed before. */
export default class LongestFirst {
  /** @param {{path: string}[]} tests */
  sort(tests) {
    const rank = (path) => {
      const index = longest.findIndex((name) => path.endsWith(`/${name}`));
      return index < 0 ? longest.length : index;
    };
    return [...tests].sort((a, b) => rank(a.path) - rank(b.path) || size(b) - size(a));
  }

  /** Nothing is remembered: each run is in the same order. */
  cacheResults() {}
}

const size = ({ path, context }) => context.hasteFS.getSize(path) ?? 0;
