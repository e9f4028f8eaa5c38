#include "fuzz/bytes_reader.hpp"
#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/requests.hpp"
#include "truckee/gbs/serving.hpp"

using namespace truckee;

namespace {

void expect_one_line(std::string_view text) {
  for (const char c : text)
    fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

template <class T>
void expect_told(const gbs::answer<T>& got) {
  if (!got)
    expect_one_line(got.error().detail);
}

} // namespace

/// What servers and clients say over HTTPS: the first byte chooses how it is read. What is refused is told in one line, and a
/// change that is taken is written as one that is read back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const gbs::response x{data[0] % 8U == 7 ? 206U : 200U,
                        data[0] % 8U == 7 ? "application/octet-stream" : "application/cbor",
                        std::string(text.substr(0, 40)), shared_bytes::copy_of(text)};
  expect_told(gbs::read_version(x));
  expect_told(gbs::read_shares(x));
  expect_told(gbs::read_range(x, {0, 64}));
  expect_told(gbs::read_read_test_write(x, {{0, 57}, {100, 8}}));
  // A request of who has the swissnum: its target and a header are anybody's.
  const auto line = text.find('\n');
  const gbs::received in{data[0] % 2U == 0 ? "GET" : "POST",
                         "/storage/v1/" + std::string(text.substr(0, line)),
                         {{"Authorization", "Tahoe-LAFS cw=="}, {"Range", secret_text(text.substr(0, 40))}},
                         x.body};
  const auto head = gbs::parse_head(in, "s");
  const auto whole = gbs::parse_request(in, "s");
  fuzz::expect(head || !whole); // what the head refuses, nothing takes
  if (!whole)
    fuzz::expect(whole.error().status >= 400 && whole.error().status < 500 && whole.error().status != 401);
  const auto change = gbs::parse_read_test_write(x.body);
  if (!change) {
    expect_one_line(change.error().detail);
    return 0;
  }
  const auto again = gbs::parse_read_test_write(gbs::joined(gbs::body_of(*change)));
  fuzz::expect(again && again->changes == change->changes && again->reads == change->reads);
  return 0;
}
