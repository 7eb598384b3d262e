package main

import (
	"fmt"
	"sort"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"
)

// Branch is one `if` or `with` of a template, and how often it went each way.
type Branch struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Keyword   string `json:"keyword"`
	Condition string `json:"condition"`
	Then      int    `json:"then"`
	Else      int    `json:"otherwise"`
}

// mark puts a call of `lookup`, which the cluster below hears, at the head of both sides of every
// branch: it leaves nothing in the output, unlike a marker in the text.
func mark(chrt *chart.Chart) ([]*Branch, error) {
	var branches []*Branch
	for _, file := range chrt.Templates {
		marker := marker{file: file, branches: &branches}
		text, err := marker.rewrite()
		if err != nil {
			return nil, err
		}
		file.Data = []byte(text)
	}
	return branches, nil
}

type marker struct {
	file     *chart.File
	branches *[]*Branch
}

func (m marker) rewrite() (string, error) {
	trees := map[string]*parse.Tree{}
	tree := parse.New(m.file.Name)
	tree.Mode = parse.SkipFuncCheck
	source := string(m.file.Data)
	if _, err := tree.Parse(source, "", "", trees); err != nil {
		return "", err
	}
	var names []string
	for name := range trees {
		names = append(names, name)
	}
	sort.Strings(names)
	var text strings.Builder
	for _, name := range names {
		if name == m.file.Name {
			continue
		}
		m.list(trees[name].Root)
		fmt.Fprintf(&text, "{{define %q}}%s{{end}}", name, trees[name].Root)
	}
	if main := trees[m.file.Name]; main != nil {
		m.list(main.Root)
		text.WriteString(main.Root.String())
	}
	return text.String(), nil
}

func (m marker) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.IfNode:
			m.branch("if", &node.BranchNode)
		case *parse.WithNode:
			m.branch("with", &node.BranchNode)
		case *parse.RangeNode:
			m.list(node.List)
			m.list(node.ElseList)
		}
	}
}

func (m marker) branch(keyword string, node *parse.BranchNode) {
	number := len(*m.branches)
	*m.branches = append(*m.branches, &Branch{
		File:      m.file.Name,
		Line:      1 + strings.Count(string(m.file.Data[:node.Pos]), "\n"),
		Keyword:   keyword,
		Condition: node.Pipe.String(),
	})
	m.list(node.List)
	m.list(node.ElseList)
	if node.ElseList == nil {
		node.ElseList = &parse.ListNode{NodeType: parse.NodeList}
	}
	node.List.Nodes = append([]parse.Node{call("then", number)}, node.List.Nodes...)
	node.ElseList.Nodes = append([]parse.Node{call("else", number)}, node.ElseList.Nodes...)
}

func call(side string, number int) parse.Node {
	text := fmt.Sprintf("{{$_ := lookup %q %q \"\" \"branch\"}}", branchKind, fmt.Sprintf("%s/%d", side, number))
	tree := parse.New("call")
	tree.Mode = parse.SkipFuncCheck
	parsed, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
	if err != nil {
		panic(err)
	}
	return parsed.Root.Nodes[0]
}
