#include "truckee/doors/basp/content.hpp"

#include <algorithm>

namespace truckee::doors::basp {

namespace {

// CAF 0.17 packs words of up to ten letters into numbers ("atoms").
constexpr std::uint64_t word_default = 0x3e9aab9bac79;
constexpr std::uint64_t word_nothing = 0xf;
constexpr std::uint64_t word_spawn_server = 0x03ddd66f3376adfb;
// CAF 1.1 numbers its two names.
constexpr std::uint64_t spawn_server_number = 2;

// How CAF 0.17 begins the list of a message's types, and parts it.
constexpr std::string_view list_mark = "@<>";
constexpr char list_separator = '+';

tl::unexpected<error> cut_short(const char* what) {
  return refuse(std::string(what) + " that ends before its last member");
}

/// Absent: named by nothing, or in a way that no node of ours is.
std::optional<node_name> read_node(cursor& from, generation g) {
  const bool named = g == generation::caf_0_17 ? from.number<std::uint64_t>() == word_default
                                               : from.number<std::uint8_t>() == 1;
  node_name node{};
  const auto raw = from.take(node.size());
  if (!named || !from.ok())
    return std::nullopt;
  std::ranges::copy(raw, node.begin());
  return node;
}

std::size_t node_length(generation g) {
  return sizeof(node_name) + (g == generation::caf_0_17 ? sizeof(std::uint64_t) : 1);
}

generation other(generation g) {
  return g == generation::caf_0_17 ? generation::caf_1_1 : generation::caf_0_17;
}

/// The text of a 0.17 type list after its mark: "" or "+name+name".
std::optional<std::string_view> read_type_names(cursor& from) {
  const auto numbered = from.number<std::uint16_t>();
  const auto list = as_text(from.text());
  if (!from.ok() || numbered != 0 || !list.starts_with(list_mark))
    return std::nullopt;
  return list.substr(list_mark.size());
}

/// How many texts an error's context has; nothing where it has anything but texts. So nothing nests.
std::optional<std::uint32_t> read_context_types(cursor& from, generation g) {
  std::uint32_t count = 0;
  if (g == generation::caf_0_17) {
    constexpr std::string_view one = "+@str";
    auto names = read_type_names(from);
    if (!names)
      return std::nullopt;
    for (; names->starts_with(one); ++count)
      names->remove_prefix(one.size());
    return names->empty() ? std::optional(count) : std::nullopt;
  }
  count = from.length();
  for (std::uint32_t i = 0; i < count && from.ok(); ++i)
    if (from.number<std::uint16_t>() != caf_1_1::text)
      return std::nullopt;
  return count;
}

/// An error of CAF's with which the payload ends: a code, a category, a context of texts.
result<void> check_error(cursor from, generation g) {
  if (g == generation::caf_0_17) {
    from.take(sizeof(std::uint8_t) + sizeof(std::uint64_t));
  } else {
    const auto present = from.number<std::uint8_t>();
    if (!from.ok())
      return cut_short("an error");
    if (present == 0)
      return from.at_end() ? result<void>{} : refuse("an error with bytes after its last member");
    from.number<std::uint8_t>();
    // CAF shows the code by the category's own function, whatever type that is.
    const auto category = from.number<std::uint16_t>();
    if (from.ok() && category != caf_1_1::sec && category != caf_1_1::exit_reason && category != caf_1_1::pec)
      return refuse("an error of category " + std::to_string(category) + ", which is no kind of error");
  }
  const auto texts = read_context_types(from, g);
  if (!from.ok())
    return cut_short("an error");
  if (!texts)
    return refuse("an error whose context is more than texts");
  for (std::uint32_t i = 0; i < *texts && from.ok(); ++i)
    from.text();
  if (!from.ok())
    return cut_short("an error");
  if (!from.at_end())
    return refuse("an error with bytes after its last member");
  return {};
}

/// From the peer, about us: nobody else's nodes are told anything through this one.
result<void> check_ends(cursor& from, const rules& r, const node_name& peer, const char* what) {
  const auto source = read_node(from, r.speaks);
  const auto target = read_node(from, r.speaks);
  if (!source || !target)
    return refuse(std::string(what) + " that does not name two nodes");
  if (*source != peer)
    return refuse(std::string(what) + " in the name of another node than the peer's");
  if (*target != r.own)
    return refuse(std::string(what) + " for another node than this one");
  return {};
}

/// What every CAF asks a node that it meets, of its spawn server: (sys, get, "info"). The answer would be that server's handle.
/// Nothing of Truckee needs one.
bool is_spawn_question(const header& h, byte_view payload, generation g) {
  if (h.to_actor != (g == generation::caf_0_17 ? word_spawn_server : spawn_server_number))
    return false;
  constexpr std::string_view by_name("\0\0\0\x14@<>+@atom+@atom+@str"
                                     "\0\0\0\0\0\x3f\x8f\xb8\0\0\0\0\0\x3e\xca\xb9"
                                     "\x04info",
                                     45);
  static_assert(caf_1_1::sys_atom < 256 && caf_1_1::get_atom < 256 && caf_1_1::text < 256);
  constexpr char by_number[] = {3,
                                0,
                                static_cast<char>(caf_1_1::sys_atom),
                                0,
                                static_cast<char>(caf_1_1::get_atom),
                                0,
                                static_cast<char>(caf_1_1::text),
                                4,
                                'i',
                                'n',
                                'f',
                                'o'};
  return as_text(payload) ==
         (g == generation::caf_0_17 ? by_name : std::string_view(by_number, sizeof(by_number)));
}

/// What a message is made of: one type of ours, or one error.
struct content {
  const message_type* type = nullptr; ///< none: an error
};

result<content> read_types_0_17(cursor& from, const rules& r) {
  if (const auto stages = from.length(); stages != 0)
    return refuse("a message that asks to be passed on by " + std::to_string(stages) + " actors; none may");
  // Looked at before the text, for the head that is there may end within a list that is too long.
  auto ahead = from;
  ahead.number<std::uint16_t>();
  const auto length = ahead.length();
  if (ahead.ok() && length > longest_type_list)
    return refuse("a message with a list of types of " + std::to_string(length) + " bytes; " +
                  std::to_string(longest_type_list) + " are allowed");
  const auto names = read_type_names(from);
  if (!names)
    return refuse("a message that does not begin with a list of types");
  if (*names == "+@error")
    return content{};
  for (const auto& type : r.types)
    if (names->size() == type.name.size() + 1 && names->front() == list_separator &&
        names->ends_with(type.name))
      return content{&type};
  return refuse("a message of " + std::to_string(std::ranges::count(*names, list_separator)) +
                " types (named in " + std::to_string(names->size()) + " bytes) that Truckee does not send");
}

result<content> read_types_1_1(cursor& from, const rules& r) {
  const auto count = from.length();
  const auto number = from.number<std::uint16_t>();
  if (count != 1)
    return refuse("a message of " + std::to_string(count) + " types; 1 is allowed");
  if (!from.ok())
    return refuse("a message that does not begin with a list of types");
  if (number == caf_1_1::error)
    return content{};
  for (const auto& type : r.types)
    if (type.number == number)
      return content{&type};
  return refuse("a message of type " + std::to_string(number) + ", which Truckee does not send");
}

/// The handle at the head of a message: of the peer's own node, or empty.
result<void> check_handle(cursor from, generation g, const node_name& peer) {
  const auto actor = from.number<std::uint64_t>();
  auto ahead = from;
  const bool empty = g == generation::caf_0_17 ? ahead.number<std::uint64_t>() == word_nothing
                                               : ahead.number<std::uint8_t>() == 0xff;
  if (empty && ahead.ok())
    return actor == 0 ? result<void>{}
                      : refuse("a message that names actor " + std::to_string(actor) + " of no node");
  const auto node = read_node(from, g);
  if (!node)
    return refuse("a message that does not name an actor");
  if (*node != peer)
    return refuse("a message that names an actor of another node than the peer's");
  return {};
}

} // namespace

result<node_name> read_client_handshake(byte_view payload, generation g) {
  cursor from(payload);
  const auto node = read_node(from, g);
  if (node && from.at_end())
    return *node;
  if (payload.size() == node_length(other(g)))
    return refuse("the peer speaks " + name_of(other(g)) + ", this node " + name_of(g) +
                  ": both must be built with one generation of CAF");
  return refuse("a client handshake of " + std::to_string(payload.size()) +
                " bytes that does not name a node");
}

result<node_name> read_server_handshake(byte_view payload, generation g) {
  cursor from(payload);
  const auto node = read_node(from, g);
  if (!node)
    return refuse("a server handshake of " + std::to_string(payload.size()) +
                  " bytes that does not name a node");
  const auto skip_texts = [&from] {
    const auto count = from.length();
    for (std::uint32_t i = 0; i < count && from.ok(); ++i)
      from.text();
  };
  skip_texts(); // the names of applications that may connect
  from.number<std::uint64_t>();
  skip_texts(); // the signatures of the published actor
  if (!from.ok())
    return cut_short("a server handshake");
  if (!from.at_end())
    return refuse("a server handshake with bytes after its last member");
  return *node;
}

result<void> check_monitor(byte_view payload, const rules& r, const node_name& peer) {
  cursor from(payload);
  if (auto ends = check_ends(from, r, peer, "a monitor message"); !ends)
    return ends;
  return from.at_end() ? result<void>{} : refuse("a monitor message with bytes after its last member");
}

result<void> check_down(byte_view payload, const rules& r, const node_name& peer) {
  cursor from(payload);
  if (auto ends = check_ends(from, r, peer, "a down message"); !ends)
    return ends;
  return check_error(from, r.speaks);
}

result<verdict> judge_message(const header& h, byte_view payload, const rules& r, const node_name& peer) {
  const bool whole = payload.size() == h.payload;
  if (h.flags & named_receiver) {
    if (whole && is_spawn_question(h, payload, r.speaks))
      return verdict::leave_out;
    return refuse(
        "a message of " + std::to_string(h.payload) +
        " bytes to an actor by its name in the registry; only CAF's question for the spawn server may");
  }
  cursor from(payload);
  const auto found = r.speaks == generation::caf_0_17 ? read_types_0_17(from, r) : read_types_1_1(from, r);
  if (!found)
    return tl::unexpected(found.error());
  if (!found->type) {
    if (h.payload > longest_judged_whole)
      return refuse("an error of " + std::to_string(h.payload) + " bytes; " +
                    std::to_string(longest_judged_whole) + " are allowed");
    if (!whole)
      return verdict::needs_all;
    if (auto checked = check_error(from, r.speaks); !checked)
      return tl::unexpected(checked.error());
    if (h.data & answer_bit)
      return verdict::pass;
    // CAF would end the actor that gets it; CAF 1.1 itself sends such a one back where it cannot read what asked for no answer.
    if (h.from_actor == 0 && r.speaks == generation::caf_1_1)
      return verdict::leave_out;
    return refuse("an error that answers nothing");
  }
  // CAF 1.1 answers what it cannot read, to nobody where nobody sent it, and ends the process by that. An error can be read; in
  // nobody's name it says that an actor is gone, or could not read either.
  if (h.from_actor == 0 && r.speaks == generation::caf_1_1)
    return refuse("a message from actor 0; it needs one");
  if (found->type->names_an_actor)
    if (auto checked = check_handle(from, r.speaks, peer); !checked)
      return tl::unexpected(checked.error());
  return verdict::pass;
}

} // namespace truckee::doors::basp
