#include "fuzz/bytes_reader.hpp"
#include "messages/message_filler.hpp"
#include "messages/serialised.hpp"

using namespace truckee;

namespace {

/// What a peer's bytes give is a value like any other: it is written, and read again, as the same bytes.
template <class T>
void read(caf::actor_system& system, const test::wire_bytes& data) {
  T got{};
  if (!test::from_wire(system, data, got))
    return;
  const auto written = test::to_wire(system, got);
  T again{};
  fuzz::expect(test::from_wire(system, written, again) && test::to_wire(system, again) == written);
}

template <class... T>
void read_as(std::tuple<T...>*, std::size_t which, caf::actor_system& system, const test::wire_bytes& data) {
  std::size_t at = 0;
  ((at++ == which ? read<T>(system, data) : void()), ...);
}

} // namespace

/// Everything that crosses the network; the first byte chooses the message. Memory in proportion to the bytes is what
/// libFuzzer's -malloc_limit_mb sees, and HostileBytes of tests/messages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // For as long as the process lives: at its end CAF's own statics would go before a system that they serve.
  static auto& system = *new test::type_system;
  if (size == 0)
    return 0;
  read_as(static_cast<test::wire_types*>(nullptr), data[0] % std::tuple_size_v<test::wire_types>, *system,
          {data + 1, data + size});
  return 0;
}
