#pragma once

#include "truckee/doors/basp/content.hpp"
#include "truckee/doors/basp/frame.hpp"
#include "truckee/doors/basp/rules.hpp"
#include "truckee/doors/inspector.hpp"

#include <optional>

namespace truckee::doors::basp {

/// Lets pass what a Truckee node says to another over BASP, and ends the connection at the first frame that is anything else;
/// docs/protocols.md has the table. A frame waits until its head is proved, at most longest_judged_whole bytes; bodies stream
/// through. Not for several threads at once.
///
/// state       | what comes                   | then
/// ------------|------------------------------|----------------------------------------------
/// before      | the peer's handshake         | greeted; of our own node: ended
/// greeted     | 0.17's second handshake      | greeted, and none after it (next frame only)
/// greeted     | message, monitor, down, ...  | greeted
/// ended       | anything                     | refused: a node has nothing to say to itself
/// any         | anything else                | refused, and all after it
class basp_filter : public inspector {
public:
  explicit basp_filter(const rules& r) : rules_(r) {}

  result<void> take(byte_view in, bytes& out) override;

private:
  enum class step : std::uint8_t { header, head, body };

  result<void> on_header();
  result<void> on_head(bytes& out);
  result<verdict> judge();
  result<verdict> greet(const result<node_name>& who);
  byte_view payload() const { return byte_view(held_).subspan(header_size); }

  rules rules_;
  step step_ = step::header;
  bytes held_;                       ///< of the current frame, until it is proved
  std::size_t wanted_ = header_size; ///< bytes to hold before the next judgement
  header header_;
  std::uint64_t left_ = 0; ///< bytes of a proved frame that are still to come
  std::optional<node_name> peer_;
  std::uint64_t frames_ = 0; ///< those that are proved
  std::optional<error> refused_;
};

} // namespace truckee::doors::basp
