// Rows of the lists that the hive shows, as the client reads them, under the name that the commands know.

export { type Cell, cellOf, cellText, type Row, type Rows, rowOf, rowsIn, rowText } from '@cohesix/client';
