import { createContext, useContext } from 'react';

/** How things are told apart on this terminal. */
export interface Theme {
  /** Colours may be used. Without them, bold, dim and inverse remain. */
  readonly color: boolean;
  /** For a screen reader: everything in words, one thing after the other. */
  readonly spoken: boolean;
}

export const ThemeContext = createContext<Theme>({ color: true, spoken: false });

export const useTheme = (): Theme => useContext(ThemeContext);
