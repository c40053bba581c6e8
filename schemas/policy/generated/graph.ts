/** Written by `tributary compose --types`: the object types of the graph and their fields. */

export interface Graph {
  readonly DashboardStats: 'totalOrders' | 'totalSpent';
  readonly Mutation: 'placeOrder' | 'addReview';
  readonly Order: 'id' | 'userId' | 'status' | 'total' | 'createdAt' | 'user' | 'items' | 'payment' | 'shipment';
  readonly OrderDetails: 'orderId' | 'order' | 'user' | 'payment' | 'shipment';
  readonly OrderItem: 'quantity' | 'unitPrice' | 'product';
  readonly Payment: 'id' | 'method' | 'status' | 'amount' | 'createdAt';
  readonly PlaceOrderPayload: 'order' | 'payment' | 'shipment';
  readonly Product: 'upc' | 'inStock' | 'quantity' | 'warehouse' | 'name' | 'description' | 'price' | 'category' | 'weightGrams' | 'reviews' | 'averageRating' | 'reviewCount' | 'shippingEstimate';
  readonly Query: 'orderDetails' | 'userDashboard' | 'order' | 'orders' | 'product' | 'products' | 'topProducts' | 'latestReviews' | 'user' | 'users';
  readonly Review: 'id' | 'body' | 'rating' | 'createdAt' | 'author' | 'product';
  readonly Shipment: 'id' | 'carrier' | 'status' | 'trackingCode' | 'estimatedDelivery';
  readonly ShippingEstimate: 'cost' | 'days';
  readonly User: 'id' | 'orders' | 'reviews' | 'name' | 'email' | 'country' | 'createdAt';
  readonly UserDashboard: 'user' | 'recentOrders' | 'recommendations' | 'stats';
}
