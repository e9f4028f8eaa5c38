#include "truckee/settings/tahoe/yaml_document.hpp"

#include "truckee/base/text.hpp"

#include <algorithm>
#include <set>
#include <yaml.h>

namespace truckee::settings {

namespace {

/// libyaml's parser, freed with this.
class parser {
public:
  explicit parser(std::string_view text) : good_(yaml_parser_initialize(&raw_) == 1) {
    if (good_)
      yaml_parser_set_input_string(&raw_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~parser() {
    if (good_)
      yaml_parser_delete(&raw_);
  }
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;

  bool load(yaml_document_t* into) { return good_ && yaml_parser_load(&raw_, into) == 1; }
  std::size_t line() const { return good_ ? raw_.problem_mark.line + 1 : 0; }
  std::string why() const { return good_ && raw_.problem != nullptr ? raw_.problem : "no memory"; }

private:
  yaml_parser_t raw_{};
  bool good_;
};

std::shared_ptr<yaml_document_t> load(parser& from) {
  auto out = std::make_unique<yaml_document_t>();
  if (!from.load(out.get()))
    return nullptr;
  return {out.release(), [](yaml_document_t* x) {
            yaml_document_delete(x);
            delete x;
          }};
}

bool is_null_word(std::string_view x) {
  return x.empty() || x == "~" || x == "null" || x == "Null" || x == "NULL";
}

} // namespace

result<yaml_document> yaml_document::parse(std::string_view text, std::filesystem::path file) {
  yaml_document out;
  out.file_ = std::move(file);
  parser from(text);
  out.tree_ = load(from);
  if (!out.tree_)
    return fail(errc::configuration, out.file_.string() + ":" + std::to_string(from.line()) +
                                         ": not YAML: " + escaped(from.why()));
  if (out.root()) {
    const auto more = load(from);
    if (!more)
      return fail(errc::configuration, out.file_.string() + ":" + std::to_string(from.line()) +
                                           ": not YAML: " + escaped(from.why()));
    if (yaml_document_get_root_node(more.get()) != nullptr)
      return fail(errc::configuration, out.file_.string() + ": has more than one YAML document");
  }
  return out;
}

std::optional<yaml_document::node> yaml_document::root() const {
  const auto* at = yaml_document_get_root_node(tree_.get());
  if (at == nullptr)
    return std::nullopt;
  return node(this, at);
}

std::optional<std::string_view> yaml_document::node::text() const {
  if (at_->type != YAML_SCALAR_NODE)
    return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(at_->data.scalar.value), at_->data.scalar.length);
}

bool yaml_document::node::is_null() const {
  const auto words = text();
  return words && at_->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_null_word(*words);
}

tl::unexpected<error> yaml_document::node::problem(std::string_view what) const {
  return fail(errc::configuration, in_->file_.string() + ":" + std::to_string(at_->start_mark.line + 1) +
                                       ": " + std::string(what));
}

result<std::vector<std::pair<std::string_view, yaml_document::node>>>
yaml_document::node::entries(std::string_view what) const {
  if (at_->type != YAML_MAPPING_NODE)
    return problem(std::string(what) + ": expected a map (key: value)");
  std::vector<std::pair<std::string_view, node>> out;
  std::set<std::string_view> seen;
  const auto& pairs = at_->data.mapping.pairs;
  for (auto* each = pairs.start; each != pairs.top; ++each) {
    const node key(in_, yaml_document_get_node(in_->tree_.get(), each->key));
    const auto word = key.text();
    if (!word)
      return key.problem(std::string(what) + ": expected texts as keys");
    if (!seen.insert(*word).second)
      return key.problem(std::string(what) + ": \"" + escaped(*word) +
                         "\" stands there twice; take one away");
    out.emplace_back(*word, node(in_, yaml_document_get_node(in_->tree_.get(), each->value)));
  }
  return out;
}

result<std::vector<yaml_document::node>> yaml_document::node::elements(std::string_view what) const {
  std::vector<node> out;
  if (at_->type == YAML_SEQUENCE_NODE) {
    const auto& items = at_->data.sequence.items;
    for (auto* each = items.start; each != items.top; ++each)
      out.push_back(node(in_, yaml_document_get_node(in_->tree_.get(), *each)));
    return out;
  }
  if (at_->type != YAML_MAPPING_NODE)
    return problem(std::string(what) + ": expected a list");
  const auto& pairs = at_->data.mapping.pairs;
  for (auto* each = pairs.start; each != pairs.top; ++each) {
    if (!node(in_, yaml_document_get_node(in_->tree_.get(), each->value)).is_null())
      return problem(std::string(what) + ": expected a list");
    out.push_back(node(in_, yaml_document_get_node(in_->tree_.get(), each->key)));
  }
  return out;
}

std::optional<yaml_document::node>
member(const std::vector<std::pair<std::string_view, yaml_document::node>>& entries, std::string_view key) {
  const auto at = std::ranges::find(entries, key, [](const auto& x) { return x.first; });
  if (at == entries.end() || at->second.is_null())
    return std::nullopt;
  return at->second;
}

} // namespace truckee::settings
