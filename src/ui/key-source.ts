import { createContext, useContext, useEffect } from 'react';
import type { Key } from '../editor/index.js';

/** Delivers keys to the view that has the terminal. */
export interface KeySource {
  subscribe(listener: (key: Key) => void): () => void;
}

export const KeyContext = createContext<KeySource>({ subscribe: () => () => undefined });

/** Calls back for every key while the component is mounted. Ctrl-C is not among them: it ends the view. */
export function useKeys(onKey: (key: Key) => void): void {
  const source = useContext(KeyContext);
  useEffect(() => source.subscribe(onKey), [source, onKey]);
}
