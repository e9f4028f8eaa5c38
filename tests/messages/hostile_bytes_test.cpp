#include "messages/allocations.hpp"
#include "messages/message_filler.hpp"
#include "messages/serialised.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using test::filler;
using test::from_wire;
using test::to_wire;
using test::wire_bytes;

namespace {

template <class T>
class HostileBytes : public testing::Test {
public:
  test::type_system system;

  /// Reads them as a value and as a whole message; the memory taken on the way must be in proportion.
  void read(const wire_bytes& data) {
    const test::allocation_watch watch;
    T got{};
    if (from_wire(*system, data, got)) {
      auto again = to_wire(*system, got); // what was accepted is a value like any other
      T twice{};
      EXPECT_TRUE(from_wire(*system, again, twice));
    }
    // One wire byte is at most one small struct with strings; vectors grow by doubling.
    EXPECT_LE(watch.largest(), 512 * data.size() + 65'536) << "of " << data.size() << " bytes";
  }
};

template <class>
struct as_types;
template <class... T>
struct as_types<std::tuple<T...>> {
  using type = testing::Types<T...>;
};

/// One small wound.
void mutate(wire_bytes& data, filler& random) {
  if (data.empty()) {
    data.push_back(static_cast<std::uint8_t>(random.below(256)));
    return;
  }
  const auto at = random.below(data.size());
  switch (random.below(6)) {
  case 0:
    data[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
    return;
  case 1:
    data[at] = static_cast<std::uint8_t>(random.below(2) * 255);
    return;
  case 2:
    data.resize(at);
    return;
  case 3: // a length that claims the world
    for (std::size_t i = at; i < std::min<std::size_t>(at + 1 + random.below(9), data.size()); ++i)
      data[i] = static_cast<std::uint8_t>(0xff);
    return;
  case 4:
    data.insert(data.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random.below(256)));
    return;
  default:
    data.erase(data.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
}

} // namespace

TYPED_TEST_SUITE(HostileBytes, as_types<test::wire_types>::type);

TYPED_TEST(HostileBytes, RandomBytesNeverHurt) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    filler random(seed);
    wire_bytes data(random.below(300));
    for (auto& b : data)
      b = static_cast<std::uint8_t>(random.below(256));
    this->read(data);
  }
}

TYPED_TEST(HostileBytes, MutatedMessagesNeverHurt) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    filler random(seed);
    auto data = to_wire(*this->system, random.template make<TypeParam>());
    for (auto wounds = 1 + random.below(3); wounds > 0; --wounds)
      mutate(data, random);
    this->read(data);
  }
}

TYPED_TEST(HostileBytes, EveryTruncationIsRefused) {
  filler random(11);
  const auto whole = to_wire(*this->system, random.template make<TypeParam>());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    TypeParam got{};
    EXPECT_FALSE(
        from_wire(*this->system, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, got))
        << size << " of " << whole.size();
  }
}

TYPED_TEST(HostileBytes, AWholeMessageOfMutatedBytesNeverHurts) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    filler random(seed);
    auto data = to_wire(*this->system, caf::make_message(random.template make<TypeParam>()));
    mutate(data, random);
    caf::message got;
    from_wire(*this->system, data, got);
  }
}

/// The shortest message with the longest claim: a run of bytes that is not there.
TEST(HostileLengths, AClaimedLengthAllocatesNothing) {
  test::type_system system;
  // As both generations write lengths: seven bits a byte, the low ones first.
  for (const wire_bytes& claim :
       {wire_bytes{0xff, 0xff, 0xff, 0xff, 0x07}, wire_bytes{0xff, 0xff, 0xff, 0xff, 0x0f},
        wire_bytes{0x80, 0x80, 0x80, 0x80, 0x01}}) {
    const test::allocation_watch watch;
    shared_bytes run;
    EXPECT_FALSE(from_wire(*system, claim, run));
    std::string text;
    EXPECT_FALSE(from_wire(*system, claim, text));
    std::vector<grid::share_change> changes;
    EXPECT_FALSE(from_wire(*system, claim, changes));
    std::vector<share_number> shares;
    EXPECT_FALSE(from_wire(*system, claim, shares));
    grid::share_reads reads;
    EXPECT_FALSE(from_wire(*system, claim, reads));
    EXPECT_LE(watch.largest(), 65'536U);
  }
}
