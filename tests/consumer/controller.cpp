#include "truckee/messages/catalog.hpp"

#include <iostream>

// What drives a gateway elsewhere: the messages, and no file of a client's.
int main() {
  const truckee::messages::publish_request request{.content = truckee::shared_bytes::copy_of("Snow")};
  std::cout << request.content.view().size() << " bytes to send\n";
}
