// The design tokens as Tailwind words. The palette is closed: a colour that is
// not named here makes no CSS. Their values, light and dark, are in static/src/app.css.
const names = [
  "canvas", "surface", "sunken", "line", "line-2", "ink", "ink-2", "ink-3", "accent", "on-accent", "accent-soft",
  "ok", "ok-soft", "warn", "warn-soft", "bad", "bad-soft",
  "cur", "cur-soft", "inc", "inc-soft", "ai", "ai-soft", "s1", "s2", "s3", "s4", "s5",
];

/** @type {import("tailwindcss").Config} */
export default {
  content: ["./views/**/*.templ", "./views/**/*.go", "!./views/**/*_templ.go", "!./views/**/*_test.go", "./static/src/**/*.js"],
  theme: {
    colors: { transparent: "transparent", current: "currentColor", ...Object.fromEntries(names.map((n) => [n, `var(--${n})`])) },
    fontFamily: {
      sans: ["Inter Variable", "ui-sans-serif", "system-ui", "sans-serif"],
      mono: ["JetBrains Mono Variable", "ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
    },
    fontSize: {
      "2xs": ["11px", "16px"], xs: ["12px", "16px"], sm: ["13px", "20px"], base: ["14px", "20px"],
      lg: ["16px", "24px"], xl: ["20px", "28px"], "2xl": ["26px", "32px"],
    },
    fontWeight: { normal: "400", medium: "500", semibold: "600" },
    extend: { borderRadius: { DEFAULT: "6px", lg: "10px" }, boxShadow: { card: "var(--shadow)", pop: "var(--shadow-pop)" } },
  },
};
