export const PRICES = { tea: 4, milk: 1 };
