import type { ComponentType } from 'react';
import type { ViewName, ViewProps, ViewResult } from '../shell/index.js';

/** What every view gets besides its own props. */
export interface ViewFrame<R> {
  readonly columns: number;
  /** The most rows it may take. */
  readonly rows: number;
  /** Ends the view and gives the terminal back. */
  readonly done: (result: R) => void;
}

export type View<N extends ViewName> = ComponentType<ViewProps<N> & ViewFrame<ViewResult<N>>>;

/** The interactive views that commands may show, each loaded when it is first needed. */
export const views: { readonly [N in ViewName]: () => Promise<View<N>> } = {
  watch: async () => (await import('./watch-view.js')).WatchView,
  'snapshot-tree': async () => (await import('./snapshot-tree-view.js')).SnapshotTreeView,
};
