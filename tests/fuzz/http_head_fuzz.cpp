#include "fuzz/bytes_reader.hpp"
#include "truckee/http/head.hpp"

using namespace truckee;
using namespace truckee::http;

/// In pieces or at once, a head is the same head; a field that is taken out is out, and nothing else. What is taken
/// apart was whole, and no field of it has a line break.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const auto step = static_cast<std::size_t>(in.byte()) + 1;
  const auto text = in.rest();
  head_reader at_once;
  at_once.take(text);
  head_reader in_pieces;
  for (std::size_t at = 0; at < text.size(); at += step)
    in_pieces.take(text.substr(at, step));
  fuzz::expect(at_once.state() == in_pieces.state() && at_once.text() == in_pieces.text());
  fuzz::expect(at_once.text().size() <= head_bytes_max);
  const auto without = without_field(at_once.text(), "Range");
  fuzz::expect(without.size() <= at_once.text().size() && !only_field(without, "Range"));
  fuzz::expect(without_field(without, "Range") == without);
  if (const auto host = only_field(at_once.text(), "Host")) {
    fuzz::expect(host->find_first_of("\r\n") == host->npos || host->find('\n') == host->npos);
    (void)is_own_host(*host);
  }
  if (at_once.state() == head_state::whole)
    fuzz::expect(at_once.text().ends_with("\n\r\n") && text.starts_with(at_once.text()));
  if (const auto head = parse_head(at_once.text())) {
    fuzz::expect(at_once.state() == head_state::whole && head->target.starts_with('/'));
    for (const auto& [name, value] : head->fields)
      fuzz::expect(!name.empty() && value.find_first_of("\r\n") == value.npos && head->count(name) > 0);
    (void)body_length_of(*head);
  }
  return 0;
}
