import type { GraphQLResolveInfo } from 'graphql';
import type { OrderStub, UserStub, ProductStub, PaymentStub, ShipmentStub, OrderDetailsStub } from '../../../shared/stubs.ts';
import type { UserDashboardParent } from '../user-dashboard.ts';
import type { PlacedOrder } from '../place-order.ts';
import type { BffContext } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  _FieldSet: { input: unknown; output: unknown; }
};

export type AddressInput = {
  city: Scalars['String']['input'];
  country: Scalars['String']['input'];
  name: Scalars['String']['input'];
  street: Scalars['String']['input'];
};

export type CustomerInput = {
  id: Scalars['ID']['input'];
};

export type DashboardStats = {
  totalOrders: Scalars['Int']['output'];
  /** In cents. */
  totalSpent: Scalars['Int']['output'];
};

export type Mutation = {
  /** Creates the order, then pays and ships it; when one of those fails the order stays. */
  placeOrder: PlaceOrderPayload;
};


export type MutationPlaceOrderArgs = {
  input: PlaceOrderInput;
};

export type Order = {
  id: Scalars['ID']['output'];
  userId: Scalars['ID']['output'];
};

export type OrderDetails = {
  order?: Maybe<Order>;
  orderId: Scalars['ID']['output'];
  user?: Maybe<User>;
};

export type Payment = {
  id: Scalars['ID']['output'];
};

export type PaymentInput = {
  method: PaymentMethodInput;
};

export type PaymentMethodInput =
  | 'CARD'
  | 'INVOICE'
  | 'PAYPAL';

export type PlaceOrderInput = {
  customer: CustomerInput;
  items: Array<PlaceOrderItemInput>;
  note?: InputMaybe<Scalars['String']['input']>;
  payment: PaymentInput;
  shipTo: AddressInput;
};

export type PlaceOrderItemInput = {
  product: ProductRefInput;
  quantity: Scalars['Int']['input'];
};

export type PlaceOrderPayload = {
  order: Order;
  payment?: Maybe<Payment>;
  shipment?: Maybe<Shipment>;
};

export type Product = {
  upc: Scalars['ID']['output'];
};

export type ProductRefInput = {
  upc: Scalars['ID']['input'];
};

export type Query = {
  /** Everything the order page shows: the subgraphs of order, payment and shipment add their part at the same time. */
  orderDetails?: Maybe<OrderDetails>;
  /** Everything the start page shows; a service that fails costs its own part only. */
  userDashboard?: Maybe<UserDashboard>;
};


export type QueryOrderDetailsArgs = {
  orderId: Scalars['ID']['input'];
};


export type QueryUserDashboardArgs = {
  userId: Scalars['ID']['input'];
};

export type Shipment = {
  id: Scalars['ID']['output'];
};

export type User = {
  id: Scalars['ID']['output'];
};

export type UserDashboard = {
  /** Newest first. */
  recentOrders?: Maybe<Array<Order>>;
  recommendations?: Maybe<Array<Product>>;
  stats?: Maybe<DashboardStats>;
  user?: Maybe<User>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  OrderDetails: OrderDetails;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  OrderDetails:
    ( { __typename: 'OrderDetails' }
    & GraphQLRecursivePick<FederationTypes['OrderDetails'], {"orderId":true}>
    & ( Record<PropertyKey, never>
        | GraphQLRecursivePick<FederationTypes['OrderDetails'], {"order":{"userId":true}}> ) );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AddressInput: AddressInput;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  CustomerInput: CustomerInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  DashboardStats: ResolverTypeWrapper<DashboardStats>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Order: ResolverTypeWrapper<OrderStub>;
  OrderDetails: ResolverTypeWrapper<OrderDetailsStub>;
  Payment: ResolverTypeWrapper<PaymentStub>;
  PaymentInput: PaymentInput;
  PaymentMethodInput: PaymentMethodInput;
  PlaceOrderInput: PlaceOrderInput;
  PlaceOrderItemInput: PlaceOrderItemInput;
  PlaceOrderPayload: ResolverTypeWrapper<PlacedOrder>;
  Product: ResolverTypeWrapper<ProductStub>;
  ProductRefInput: ProductRefInput;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Shipment: ResolverTypeWrapper<ShipmentStub>;
  User: ResolverTypeWrapper<UserStub>;
  UserDashboard: ResolverTypeWrapper<UserDashboardParent>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AddressInput: AddressInput;
  String: Scalars['String']['output'];
  CustomerInput: CustomerInput;
  ID: Scalars['ID']['output'];
  DashboardStats: DashboardStats;
  Int: Scalars['Int']['output'];
  Mutation: Record<PropertyKey, never>;
  Order: OrderStub;
  OrderDetails: OrderDetailsStub;
  Payment: PaymentStub;
  PaymentInput: PaymentInput;
  PlaceOrderInput: PlaceOrderInput;
  PlaceOrderItemInput: PlaceOrderItemInput;
  PlaceOrderPayload: PlacedOrder;
  Product: ProductStub;
  ProductRefInput: ProductRefInput;
  Query: Record<PropertyKey, never>;
  Shipment: ShipmentStub;
  User: UserStub;
  UserDashboard: UserDashboardParent;
  Boolean: Scalars['Boolean']['output'];
};

export type DashboardStatsResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['DashboardStats'] = ResolversParentTypes['DashboardStats']> = {
  totalOrders?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalSpent?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  placeOrder?: Resolver<ResolversTypes['PlaceOrderPayload'], ParentType, ContextType, RequireFields<MutationPlaceOrderArgs, 'input'>>;
};

export type OrderResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Order'] = ResolversParentTypes['Order']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type OrderDetailsResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['OrderDetails'] = ResolversParentTypes['OrderDetails'], FederationReferenceType extends FederationReferenceTypes['OrderDetails'] = FederationReferenceTypes['OrderDetails']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['OrderDetails']> | FederationReferenceType, FederationReferenceType, ContextType>;
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
};

export type PaymentResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Payment'] = ResolversParentTypes['Payment']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type PlaceOrderPayloadResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['PlaceOrderPayload'] = ResolversParentTypes['PlaceOrderPayload']> = {
  order?: Resolver<ResolversTypes['Order'], ParentType, ContextType>;
  payment?: Resolver<Maybe<ResolversTypes['Payment']>, ParentType, ContextType>;
  shipment?: Resolver<Maybe<ResolversTypes['Shipment']>, ParentType, ContextType>;
};

export type ProductResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Product'] = ResolversParentTypes['Product']> = {
  upc?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  orderDetails?: Resolver<Maybe<ResolversTypes['OrderDetails']>, ParentType, ContextType, RequireFields<QueryOrderDetailsArgs, 'orderId'>>;
  userDashboard?: Resolver<Maybe<ResolversTypes['UserDashboard']>, ParentType, ContextType, RequireFields<QueryUserDashboardArgs, 'userId'>>;
};

export type ShipmentResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['Shipment'] = ResolversParentTypes['Shipment']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type UserResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type UserDashboardResolvers<ContextType = BffContext, ParentType extends ResolversParentTypes['UserDashboard'] = ResolversParentTypes['UserDashboard']> = {
  recentOrders?: Resolver<Maybe<Array<ResolversTypes['Order']>>, ParentType, ContextType>;
  recommendations?: Resolver<Maybe<Array<ResolversTypes['Product']>>, ParentType, ContextType>;
  stats?: Resolver<Maybe<ResolversTypes['DashboardStats']>, ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = BffContext> = {
  DashboardStats?: DashboardStatsResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Order?: OrderResolvers<ContextType>;
  OrderDetails?: OrderDetailsResolvers<ContextType>;
  Payment?: PaymentResolvers<ContextType>;
  PlaceOrderPayload?: PlaceOrderPayloadResolvers<ContextType>;
  Product?: ProductResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Shipment?: ShipmentResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  UserDashboard?: UserDashboardResolvers<ContextType>;
};

