#include "fuzz/bytes_reader.hpp"
#include "truckee/logs/event_log.hpp"

#include <array>

using namespace truckee;

/// An event is one line of printable text, or one object of JSON, whatever its values hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const auto number = in.number();
  const auto first = in.text(in.byte());
  const std::array<logs::field, 3> fields{{{"reason", first}, {"bytes", number}, {"server", in.rest()}}};
  const auto text = logs::render("link_down", fields, logs::line_format::text);
  for (const char c : text)
    fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  const auto json = logs::render("link_down", fields, logs::line_format::json);
  fuzz::expect(json.find('\n') == std::string::npos);
  return 0;
}
