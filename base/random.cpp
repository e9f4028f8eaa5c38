#include "truckee/base/random.hpp"

#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace truckee {

std::uint64_t random_source::below(std::uint64_t bound) {
  // Rejection keeps every value equally likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    std::array<std::byte, 8> raw;
    fill(raw);
    const auto value = load_be<std::uint64_t>(raw);
    if (value < limit)
      return value % bound;
  }
}

namespace {

class os_random final : public random_source {
public:
  void fill(mutable_byte_view out) override {
    while (!out.empty()) {
      const auto got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        if (errno == EINTR)
          continue;
        // Without randomness nothing here is safe; getrandom fails only on kernels without it.
        throw std::system_error(errno, std::generic_category(), "getrandom");
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

} // namespace

std::shared_ptr<random_source> shared_system_random() {
  static const auto source = std::make_shared<os_random>();
  return source;
}

random_source& system_random() {
  return *shared_system_random();
}

} // namespace truckee
