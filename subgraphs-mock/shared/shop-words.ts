/** Word lists for generating the data of the shop. */

export interface CategoryWords {
  readonly nouns: readonly string[];
  readonly describers: readonly string[];
  readonly priceCents: readonly [number, number];
  readonly weightGrams: readonly [number, number];
}

export const categories = {
  BOOKS: {
    nouns: ['Field Guide', 'Cookbook', 'Atlas', 'Detective Novel', 'Travel Diary', 'Chess Primer', 'Almanac'],
    describers: ['Illustrated', 'Pocket', 'Annotated', 'Collected', 'Northern', 'Forgotten', 'Complete'],
    priceCents: [799, 5_900],
    weightGrams: [180, 1_600],
  },
  ELECTRONICS: {
    nouns: ['Headphones', 'Desk Lamp', 'Power Bank', 'Radio', 'Webcam', 'Keyboard', 'Smart Plug', 'Speaker'],
    describers: ['Wireless', 'Compact', 'Studio', 'Solar', 'Mechanical', 'Silent', 'Dual'],
    priceCents: [1_499, 34_900],
    weightGrams: [60, 3_200],
  },
  GARDEN: {
    nouns: [
      'Watering Can',
      'Pruning Shears',
      'Bird Feeder',
      'Wheelbarrow',
      'Trowel',
      'Planter',
      'Rain Barrel',
    ],
    describers: ['Galvanised', 'Cedar', 'Copper', 'Folding', 'Terracotta', 'Long-Handled', 'Hanging'],
    priceCents: [899, 18_900],
    weightGrams: [150, 14_000],
  },
  KITCHEN: {
    nouns: ['Skillet', 'Teapot', 'Bread Knife', 'Mixing Bowl', 'Coffee Grinder', 'Cutting Board', 'Whisk'],
    describers: ['Cast-Iron', 'Enamel', 'Walnut', 'Hand-Blown', 'Stackable', 'Stoneware', 'Balanced'],
    priceCents: [649, 21_900],
    weightGrams: [90, 4_800],
  },
  SPORTS: {
    nouns: [
      'Yoga Mat',
      'Trail Backpack',
      'Jump Rope',
      'Climbing Harness',
      'Cycling Gloves',
      'Kettlebell',
      'Tent',
    ],
    describers: ['Ultralight', 'Padded', 'All-Weather', 'Adjustable', 'Reflective', 'Alpine', 'Breathable'],
    priceCents: [999, 42_900],
    weightGrams: [120, 16_000],
  },
  TOYS: {
    nouns: ['Marble Run', 'Kite', 'Wooden Train', 'Puzzle', 'Puppet', 'Spinning Top', 'Building Blocks'],
    describers: ['Classic', 'Giant', 'Hand-Painted', 'Magnetic', 'Rainbow', 'Tiny', 'Musical'],
    priceCents: [499, 8_900],
    weightGrams: [50, 2_600],
  },
} as const satisfies Record<string, CategoryWords>;

export const makers = [
  'Alder & Finch',
  'Brightwater',
  'Cobalt',
  'Juniper',
  'Kestrel',
  'Lumen',
  'Marlow',
  'Osprey',
];

export const selling = [
  'Made to last and easy to repair.',
  'A favourite of our own staff.',
  'Ships in plastic-free packaging.',
  'Tested for two years before it went on sale.',
  'Comes with a five-year warranty.',
];

export const firstNames = [
  'Ada Bruno Chiara Dario Elif Femke Goran Hanna Ingrid Jonas Kaito Leila',
  'Mateo Nadia Oskar Priya Quentin Rosa Stefan Tomás Uma Viktor Wanda Yara',
].flatMap((line) => line.split(' '));

export const lastNames = [
  'Almeida Berg Castellano Dubois Eriksen Fischer Garcia Haddad Ivanov Jansen',
  'Kowalski Lindqvist Moretti Nakamura Okafor Petrov Rossi Silva Tanaka Weber',
].flatMap((line) => line.split(' '));

export const countries = ['AT', 'CH', 'DE', 'DK', 'ES', 'FI', 'FR', 'IT', 'NL', 'NO', 'PL', 'PT', 'SE', 'US'];

/** Review openings by rating, worst first. */
export const opinions: readonly (readonly string[])[] = [
  ['Broke within a week.', 'Not what the pictures promise.', 'I sent it back.'],
  ['Disappointing for the price.', 'Feels cheaper than it looks.', 'It works, most of the time.'],
  ['Does what it says, no more.', 'Fine, but not special.', 'Good idea, average finish.'],
  ['Very happy with it.', 'Well made and quick to arrive.', 'Better than I expected.'],
  ['Could not be better.', 'Bought a second one for my sister.', 'I use it every single day.'],
];

export const remarks = [
  'Delivery took four days.',
  'The colour is a little darker than shown.',
  'Instructions are clear.',
  'My kids love it.',
  'Customer service answered within the hour.',
  'Would buy again in a larger size.',
  'Packaging was minimal, which I like.',
  'It has survived a winter outdoors.',
  'A perfect present.',
];

export const warehouses = ['Antwerp', 'Gdansk', 'Lyon', 'Malmö', 'Porto', 'Trieste'];

export const carriers = ['BlueParcel', 'NordPost', 'Pegasus', 'RailFreight'];
