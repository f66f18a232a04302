/** The parts of the grid that tapes use, registered one by one to keep the bundle small. */
import {
  CellStyleModule,
  ClientSideRowModelModule,
  ColumnApiModule,
  EventApiModule,
  ModuleRegistry,
  RenderApiModule,
  RowApiModule,
  RowStyleModule,
  ScrollApiModule,
  createTheme,
} from "ag-grid-community";

ModuleRegistry.registerModules([
  ClientSideRowModelModule,
  CellStyleModule,
  RowStyleModule,
  RowApiModule,
  ScrollApiModule,
  RenderApiModule,
  ColumnApiModule,
  EventApiModule,
]);

/** Head of a tape, px. */
export const HEAD_PX = 24;

/** Structure only: every colour is one of the terminal's own variables. */
export const theme = createTheme().withParams({
  backgroundColor: "var(--panel)",
  foregroundColor: "var(--text)",
  borderColor: "var(--line)",
  accentColor: "var(--accent)",
  chromeBackgroundColor: "var(--panel)",
  headerBackgroundColor: "var(--panel)",
  headerTextColor: "var(--faint)",
  headerFontSize: 11,
  headerFontWeight: 400,
  headerHeight: HEAD_PX,
  fontFamily: "var(--sans)",
  fontSize: 12.5,
  rowBorder: false,
  columnBorder: false,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
  headerRowBorder: { color: "var(--line)", width: 1, style: "solid" },
  cellHorizontalPadding: 6,
  rowHoverColor: "transparent",
});
