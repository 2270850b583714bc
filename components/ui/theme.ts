import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** Neutral: no blue in the greys, so that colour is left to status and data. */
const gray: MantineColorsTuple = [
  '#fafafa',
  '#f4f4f5',
  '#e9e9eb',
  '#dddde0',
  '#c8c8cd',
  '#9f9fa8',
  '#63636c',
  '#52525a',
  '#3a3a40',
  '#202024',
];
const dark: MantineColorsTuple = [
  '#dcdce0',
  '#b4b4bb',
  '#9a9aa3',
  '#6d6d76',
  '#46464d',
  '#37373d',
  '#2b2b30',
  '#1c1c20',
  '#151518',
  '#0e0e10',
];
/** Mantine's indigo with a shade 6 on which white text has a contrast of 5 to 1. */
const indigo: MantineColorsTuple = [
  '#edf0ff',
  '#dbe1ff',
  '#bac6ff',
  '#98a9ff',
  '#7489f8',
  '#5a72f0',
  '#4460e6',
  '#3a53cf',
  '#3047b4',
  '#253998',
];
/** Mantine's red, likewise: white text on its shade 6 had 3.3 to 1. */
const red: MantineColorsTuple = [
  '#fff5f5',
  '#ffe3e3',
  '#ffc9c9',
  '#ffa8a8',
  '#ff8787',
  '#ff6b6b',
  '#d42a2a',
  '#c02020',
  '#a81c1c',
  '#8f1818',
];

export const theme = createTheme({
  colors: { gray, dark, indigo, red },
  primaryColor: 'indigo',
  primaryShade: 6,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '0.9375rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  components: {
    Tooltip: { defaultProps: { openDelay: 200, transitionProps: { duration: 80 }, multiline: true, maw: 420 } },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md' } },
    Modal: {
      defaultProps: { transitionProps: { duration: 120 }, centered: true, closeButtonProps: { 'aria-label': 'Close' } },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 120 }, closeButtonProps: { 'aria-label': 'Close' } } },
    Collapse: { defaultProps: { transitionDuration: 120 } },
  },
});

/** Text that is toned down still has a contrast of 4.5 to 1 on its page. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#202024',
    '--mantine-color-dimmed': '#5f5f68',
    '--mantine-color-placeholder': '#70707a',
    '--mantine-color-error': '#c02020',
    '--mantine-color-anchor': '#3a53cf',
  },
  dark: {
    '--mantine-color-body': '#151518',
    '--mantine-color-text': '#dcdce0',
    '--mantine-color-dimmed': '#a0a0a9',
    '--mantine-color-placeholder': '#8d8d97',
    '--mantine-color-error': '#ff8f8f',
    '--mantine-color-anchor': '#a5b4ff',
  },
});
