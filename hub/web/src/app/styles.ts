// Mantine writes its theme into <style> elements, which the hub's content security policy refuses like any inline style.
// A sheet that a script makes is not inline: here stands what those elements would say.
import { convertCssVariables, deepMerge, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme, px, type CSSVariablesResolver, type MantineThemeOverride } from "@mantine/core";

export function adoptTheme(theme: MantineThemeOverride, variables: CSSVariablesResolver): void {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    convertCssVariables(deepMerge(defaultCssVariablesResolver(merged), variables(merged))) +
      Object.entries(merged.breakpoints)
        .map(([name, width]) => {
          const from = Number(px(width));
          return `@media (max-width: ${(from - 0.1) / 16}em) { .mantine-visible-from-${name} { display: none !important } } @media (min-width: ${from / 16}em) { .mantine-hidden-from-${name} { display: none !important } }`;
        })
        .join("\n"),
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
