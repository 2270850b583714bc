/** A time as Prisma's adapter writes it into a DATETIME column; raw statements must write the same, or sorting breaks. */
export const storedTime = (date: Date): string => date.toISOString().replace('Z', '+00:00');
