import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// One deep accent, ink between blue and green. White on shade 7 has a contrast of 7.6, on shade 5 (the dark scheme) of 5.
const ink: MantineColorsTuple = ["#eef6f7", "#d9eaec", "#b3d4d9", "#87bac2", "#62a3ad", "#35798a", "#256f7b", "#155966", "#114b56", "#0b3740"];
const gray: MantineColorsTuple = ["#f7f8f9", "#eff1f3", "#e4e7ea", "#d5dade", "#bcc3c9", "#929ca5", "#5c6771", "#454f58", "#2c343b", "#191f24"];
const dark: MantineColorsTuple = ["#dfe4e8", "#c0c8cf", "#9da8b1", "#72808b", "#46525d", "#333d47", "#252d35", "#1a2128", "#141a20", "#0e1317"];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 5 },
  colors: { ink, gray, dark },
  black: "#191f24",
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.125rem", lineHeight: "1.4" },
      h3: { fontSize: "1rem", lineHeight: "1.45" },
    },
  },
  fontSizes: { xs: "0.78rem", sm: "0.875rem", md: "0.95rem", lg: "1.0625rem", xl: "1.25rem" },
  defaultRadius: "md",
  radius: { sm: "4px", md: "7px", lg: "11px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Paper: { defaultProps: { withBorder: true, radius: "lg" } },
    // The library locks the page behind by a <style> element; `app.css` does it by a rule.
    Modal: { defaultProps: { lockScroll: false, centered: true, radius: "lg", closeButtonProps: { "aria-label": "Close" } }, styles: { title: { fontWeight: 620, fontSize: "1.0625rem", lineHeight: 1.35 } } },
    Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 550 } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Skeleton: { defaultProps: { radius: "md" } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--cw-canvas": "#f5f7f8",
    "--cw-line": "#e1e5e8",
    "--cw-own": "#e3f0f1",
    "--cw-mark": "#fbe9a6",
    "--cw-danger": "#b3261e",
    "--cw-warn": "#8a5300",
    "--cw-good": "#1c6b3c",
    "--mantine-color-dimmed": "#5c6771",
    "--mantine-color-placeholder": "#6b7680",
    "--mantine-color-error": "#b3261e",
    "--mantine-color-anchor": "#155966",
    "--mantine-color-default-border": "#cfd5da",
  },
  dark: {
    "--cw-canvas": "#12171c",
    "--cw-line": "#2b343d",
    "--cw-own": "#17363c",
    "--cw-mark": "#6a5200",
    "--cw-danger": "#ff9d94",
    "--cw-warn": "#f0bd6c",
    "--cw-good": "#8ad6a6",
    "--mantine-color-dimmed": "#9da8b1",
    "--mantine-color-placeholder": "#8b97a1",
    "--mantine-color-error": "#ff9d94",
    "--mantine-color-anchor": "#87bac2",
  },
});
