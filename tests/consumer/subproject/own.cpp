#include "base/bytes.hpp"
#include "base/result.hpp"
#include "messages/catalog.hpp"
#include "truckee/base/bytes.hpp"
#include "truckee/base/result.hpp"

// Headers of one name, two owners, one unit.
static_assert(sizeof(host::bytes) == sizeof(int) && sizeof(truckee::bytes) > sizeof(int));

truckee::result<int> both(const host::catalog& catalog);
truckee::result<int> both(const host::catalog& catalog) {
  return catalog.pages + host::result{}.value + host::bytes{}.count;
}
